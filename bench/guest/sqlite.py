# Work with a database: transactions of some rows, changes one by one, questions, an index, a vacuum. Prints
# "PASS NAME NANOSECONDS" for all of it; twice.
import sqlite3, sys, time

transactions, rows, changes, questions = map(int, sys.argv[1:])


def work(file):
    database = sqlite3.connect(file)
    database.execute("create table item (id integer primary key, name text, body blob)")
    database.execute("create index item_name on item (name)")
    database.commit()
    for transaction in range(transactions):
        for row in range(rows):
            number = (transaction * 7919 + row * 104729) % 100003
            database.execute("insert into item (name, body) values (?, ?)", (f"name {number}", bytes([transaction % 256, row]) * 100))
        database.commit()
    for change in range(changes):
        database.execute("update item set body = ? where id = ?", (b"changed" * 20, change * 37 % (transactions * rows) + 1))
        database.commit()
    for question in range(questions):
        database.execute("select * from item where name >= ? order by name limit 10", (f"name {question * 13}",)).fetchall()
    database.execute("delete from item where id % 3 = 0")
    database.commit()
    database.execute("vacuum")
    database.close()


for part in ("first", "second"):
    start = time.perf_counter_ns()
    work(f"/{part}.db")
    print(part, "sqlite", time.perf_counter_ns() - start)
