/* Makes system calls that JavaScript cannot, in a sandbox whose log is descriptor 1, and tells each answer on 2. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define TRY(name, call)                                                              \
  do {                                                                               \
    errno = 0;                                                                       \
    long got = (long)(call);                                                         \
    dprintf(2, "%s: %s\n", name, got == -1 ? strerrorname_np(errno) : "done");       \
  } while (0)

static char page[4096];

/* Takes memory until no more is given. */
static void fill(void) {
  for (;;) {
    char *more = mmap(0, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (more == MAP_FAILED) {
      dprintf(2, "fill: refused\n");
      return;
    }
    more[0] = 1;
  }
}

int main(int count, char **words) {
  struct iovec bytes = {"over", 4};
  struct rlimit more = {1UL << 40, 1UL << 40};
  const char *what = count > 1 ? words[1] : "";

  if (!strcmp(what, "fill")) return fill(), 0;
#ifdef __x86_64__
  /* Calls in the manner of x32, and of a 32-bit program: the kernel ends the process. */
  if (!strcmp(what, "x32")) return syscall(0x40000000 | SYS_getpid), 0;
  if (!strcmp(what, "i386")) {
    long got = 20;
    __asm__ volatile("int $0x80" : "+a"(got));
    return 0;
  }
#endif

  TRY("read the log", read(1, page, 1));
  TRY("map the log", mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 1, 0) == MAP_FAILED ? -1 : 0);
  fcntl(1, F_SETFL, 0);
  TRY("keep O_APPEND", fcntl(1, F_GETFL) & O_APPEND ? -1 : 0);
  TRY("pwritev2 RWF_NOAPPEND", syscall(SYS_pwritev2, 1, &bytes, 1, 0, 0, 0x20));
  TRY("ftruncate", ftruncate(1, 0));
  TRY("fallocate", fallocate(1, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1));
  TRY("fchmod", fchmod(1, 0777));
  TRY("fchown", fchown(1, 1, 1));
  TRY("futimens", futimens(1, (struct timespec[2]){{0, 0}, {0, 0}}));
  TRY("fsetxattr", syscall(SYS_fsetxattr, 1, "user.a", "b", 1, 0));
  TRY("F_SETLEASE", fcntl(1, F_SETLEASE, F_RDLCK));
  TRY("F_SETLK", fcntl(1, F_SETLK, &(struct flock){.l_type = F_WRLCK}));
  TRY("F_SETOWN", fcntl(1, F_SETOWN, getpid()));
  TRY("FS_IOC_SETFLAGS", ioctl(1, 0x40086602, page));
  TRY("FICLONE", ioctl(1, 0x40049409, 1));
  TRY("TIOCSTI", ioctl(2, 0x5412, "x"));
  TRY("linkat of a descriptor", linkat(1, "", AT_FDCWD, "/linked", AT_EMPTY_PATH));

  TRY("fork", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
#ifdef SYS_fork
  TRY("old fork", syscall(SYS_fork));
  TRY("vfork", syscall(SYS_vfork));
#endif
  TRY("clone3", syscall(SYS_clone3, page, 64));
  TRY("namespace by clone", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
  TRY("thread with a namespace",
      syscall(SYS_clone, CLONE_THREAD | CLONE_VM | CLONE_SIGHAND | CLONE_NEWNET, 0, 0, 0, 0));
  TRY("unshare", unshare(CLONE_NEWUSER));
  TRY("setns", setns(1, 0));
  TRY("mount", syscall(SYS_mount, "none", "/", "tmpfs", 0, 0));
  TRY("umount", syscall(SYS_umount2, "/", 2));
  TRY("remount", syscall(SYS_mount, "none", "/", "none", 32, 0));
  TRY("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1));
  TRY("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
  TRY("pivot_root", syscall(SYS_pivot_root, "/", "/"));
  TRY("chroot", chroot("/"));
  TRY("mknod", syscall(SYS_mknodat, AT_FDCWD, "/memory", 020666, 0x101));
  TRY("open_by_handle_at", syscall(SYS_open_by_handle_at, 1, page, 0));
  TRY("name_to_handle_at", syscall(SYS_name_to_handle_at, 1, "", page, page, AT_EMPTY_PATH));

  TRY("ptrace", syscall(SYS_ptrace, 16, 1, 0, 0));
  TRY("process_vm_readv", syscall(SYS_process_vm_readv, 1, &bytes, 1, &bytes, 1, 0));
  TRY("process_vm_writev", syscall(SYS_process_vm_writev, 1, &bytes, 1, &bytes, 1, 0));
  TRY("pidfd_open", syscall(SYS_pidfd_open, 1, 0));
  TRY("pidfd_getfd", syscall(SYS_pidfd_getfd, 1, 0, 0));
  TRY("kcmp", syscall(SYS_kcmp, 1, 1, 0, 0, 0));
  TRY("leave the session", setsid());
  TRY("leave the group", setpgid(0, 0));
  TRY("PR_SET_PDEATHSIG", prctl(PR_SET_PDEATHSIG, 0));
  TRY("PR_SET_SECCOMP", prctl(PR_SET_SECCOMP, 1));
  TRY("setuid", syscall(SYS_setuid, 0));
  TRY("setgroups", syscall(SYS_setgroups, 0, 0));
  TRY("capset", syscall(SYS_capset, page, page));
  TRY("raise a limit", setrlimit(RLIMIT_DATA, &more));
  TRY("raise the limit of core files", setrlimit(RLIMIT_CORE, &more));
  TRY("settimeofday", syscall(SYS_settimeofday, page, 0));
  TRY("sethostname", sethostname("x", 1));

  TRY("socket", syscall(SYS_socket, 2, 1, 0));
  TRY("unix socket", syscall(SYS_socket, 1, 1, 0));
  TRY("netlink socket", syscall(SYS_socket, 16, 3, 0));
  TRY("vsock", syscall(SYS_socket, 40, 1, 0));
  TRY("socketpair", syscall(SYS_socketpair, 1, 1, 0, page));
  TRY("sendmsg", syscall(SYS_sendmsg, 2, page, 0));
  TRY("recvmsg", syscall(SYS_recvmsg, 2, page, 0));

  TRY("shared memory", mmap(0, 4096, PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  TRY("growing memory", mmap(0, 4096, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0));
  TRY("huge pages", mmap(0, 2 << 20, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0));
  TRY("memfd_create", syscall(SYS_memfd_create, "x", 0));
  TRY("shmget", syscall(SYS_shmget, 0, 4096, 01600));
  TRY("larger pipes", fcntl(2, F_SETPIPE_SZ, 1 << 20));

  TRY("io_uring_setup", syscall(SYS_io_uring_setup, 4, page));
  TRY("bpf", syscall(SYS_bpf, 0, page, 64));
  TRY("perf_event_open", syscall(SYS_perf_event_open, page, 0, -1, -1, 0));
  TRY("userfaultfd", syscall(SYS_userfaultfd, 0));
  TRY("keyctl", syscall(SYS_keyctl, 0, -3, 0));
  TRY("add_key", syscall(SYS_add_key, "user", "a", "b", 1, -3));
  TRY("personality", syscall(SYS_personality, 0x0040000));
  TRY("reboot", syscall(SYS_reboot, 0, 0, 0, 0));
  TRY("quotactl", syscall(SYS_quotactl, 0, 0, 0, 0));
  TRY("syslog", syscall(SYS_syslog, 3, page, 10));
  TRY("init_module", syscall(SYS_init_module, page, 1, ""));
  TRY("kexec_load", syscall(SYS_kexec_load, 0, 0, 0, 0));
  TRY("swapon", syscall(SYS_swapon, "/", 0));
  TRY("acct", syscall(SYS_acct, "/"));
  TRY("a call of a later kernel", syscall(SYS_futex_waitv + 200, 0));

  TRY("kill beyond", kill(-1, 0) == 0 && kill(3, 0) == 0 ? 0 : -1);
  write(1, "appended", 8);
  pwrite(1, "+", 1, 0);
  return 0;
}
