"""Turns last week's orders into a report, the way a program that a model wrote might: mostly well."""

import csv
import json
import os

# Read what was imported from the host. These are copies: the host's files stay as they are.
with open("/shop/orders.csv", newline="") as file:
    orders = list(csv.DictReader(file))
with open("/shop/settings.json") as file:
    settings = json.load(file)

# Work in a folder of its own.
os.makedirs("/out", exist_ok=True)
totals = {}
for order in orders:
    totals[order["region"]] = totals.get(order["region"], 0) + int(order["quantity"]) * float(order["price"])

with open("/out/report.txt.tmp", "w") as report:
    for region in sorted(totals):
        report.write(f"{region:<8}{totals[region]:>10.2f} {settings['currency']}\n")
os.rename("/out/report.txt.tmp", "/out/report.txt")

with open("/out/totals.json", "w") as file:
    json.dump(totals, file, indent=2, sort_keys=True)

# Edit a setting in place, bytes in the middle of the file.
with open("/shop/settings.json", "r+") as file:
    text = file.read()
    file.seek(text.index('"EUR"'))
    file.write('"USD"')

# Tidy up more than anybody asked for.
os.remove("/shop/orders.csv")

# And look where it has no business.
for path in ("/etc/passwd", "/../../etc/shadow"):
    try:
        with open(path) as file:
            print("read", path, len(file.read()))
    except OSError as error:
        print("could not read", path, "-", error.strerror)
try:
    with open("/out/../../escape.txt", "w") as file:
        file.write("out")
except OSError as error:
    print("could not write outside -", error.strerror)

print("report for", len(orders), "orders in", len(totals), "regions is done")
