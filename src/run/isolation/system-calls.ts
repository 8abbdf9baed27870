/** A system call's number for each kind of processor: x86_64, then aarch64; undefined if it has no such call. */
export type Numbers = readonly [x64: number | undefined, arm64: number | undefined];

/**
 * Lists the system calls that a sandboxed process may make with any argument, the frequent ones first. A call in no
 * list here is refused: those that make sockets, processes, namespaces, mounts, shared memory or special files, and
 * those that shorten, punch or move the content of a file, or change its mode, owner, times or attributes.
 */
export const allowed = {
  // Hot: reading, writing, waiting, and the clock.
  write: [1, 64],
  pwrite64: [18, 68],
  read: [0, 63],
  futex: [202, 98],
  writev: [20, 66],
  pwritev: [296, 70],
  pread64: [17, 67],
  readv: [19, 65],
  preadv: [295, 69],
  fsync: [74, 82],
  fdatasync: [75, 83],
  epoll_wait: [232, undefined],
  epoll_pwait: [281, 22],
  epoll_pwait2: [441, 441],
  clock_gettime: [228, 113],
  madvise: [28, 233],
  munmap: [11, 215],
  mprotect: [10, 226],
  sched_yield: [24, 124],
  getpid: [39, 172],
  gettid: [186, 178],
  close: [3, 57],
  // Memory.
  brk: [12, 214],
  mremap: [25, 216],
  mincore: [27, 232],
  msync: [26, 227],
  mlock: [149, 228],
  munlock: [150, 229],
  membarrier: [324, 283],
  pkey_alloc: [330, 289],
  pkey_free: [331, 290],
  pkey_mprotect: [329, 288],
  // Visible files, all of them read-only.
  open: [2, undefined],
  openat: [257, 56],
  stat: [4, undefined],
  lstat: [6, undefined],
  fstat: [5, 80],
  newfstatat: [262, 79],
  statx: [332, 291],
  access: [21, undefined],
  faccessat: [269, 48],
  faccessat2: [439, 439],
  readlink: [89, undefined],
  readlinkat: [267, 78],
  getcwd: [79, 17],
  mkdir: [83, undefined],
  mkdirat: [258, 34],
  chdir: [80, 49],
  getdents64: [217, 61],
  lseek: [8, 62],
  fadvise64: [221, 223],
  readahead: [187, 213],
  // Inherited descriptors, and queues inside the process.
  dup: [32, 23],
  dup2: [33, undefined],
  dup3: [292, 24],
  close_range: [436, 436],
  pipe: [22, undefined],
  pipe2: [293, 59],
  eventfd2: [290, 19],
  epoll_create1: [291, 20],
  epoll_ctl: [233, 21],
  poll: [7, undefined],
  ppoll: [271, 73],
  select: [23, undefined],
  pselect6: [270, 72],
  timerfd_create: [283, 85],
  timerfd_settime: [286, 86],
  timerfd_gettime: [287, 87],
  // Inherited sockets, which Node uses as pipes; none can be made, bound or connected.
  getsockname: [51, 204],
  getpeername: [52, 205],
  getsockopt: [55, 209],
  shutdown: [48, 210],
  // Threads and signals, within the namespace of processes.
  set_robust_list: [273, 99],
  get_robust_list: [274, 100],
  rseq: [334, 293],
  set_tid_address: [218, 96],
  arch_prctl: [158, undefined],
  exit: [60, 93],
  exit_group: [231, 94],
  rt_sigaction: [13, 134],
  rt_sigprocmask: [14, 135],
  rt_sigpending: [127, 136],
  rt_sigreturn: [15, 139],
  rt_sigtimedwait: [128, 137],
  rt_sigsuspend: [130, 133],
  sigaltstack: [131, 132],
  restart_syscall: [219, 128],
  kill: [62, 129],
  tkill: [200, 130],
  tgkill: [234, 131],
  wait4: [61, 260],
  sched_getaffinity: [204, 123],
  sched_setaffinity: [203, 122],
  sched_getparam: [143, 121],
  sched_getscheduler: [145, 120],
  sched_get_priority_max: [146, 125],
  sched_get_priority_min: [147, 126],
  getpriority: [140, 141],
  futex_waitv: [449, 449],
  // Time.
  nanosleep: [35, 101],
  clock_nanosleep: [230, 115],
  clock_getres: [229, 114],
  gettimeofday: [96, 169],
  time: [201, undefined],
  times: [100, 153],
  getcpu: [309, 168],
  // Identity and limits of the process; limits can only be lowered.
  getppid: [110, 173],
  getuid: [102, 174],
  geteuid: [107, 175],
  getgid: [104, 176],
  getegid: [108, 177],
  getresuid: [118, 148],
  getresgid: [120, 150],
  getgroups: [115, 158],
  getpgrp: [111, undefined],
  getpgid: [121, 155],
  getsid: [124, 156],
  capget: [125, 90],
  getrusage: [98, 165],
  getrlimit: [97, 163],
  setrlimit: [160, 164],
  prlimit64: [302, 261],
  uname: [63, 160],
  sysinfo: [99, 179],
  getrandom: [318, 278],
  umask: [95, 166],
  // The start of Node itself: there is nothing else to execute.
  execve: [59, 221],
} as const satisfies Readonly<Record<string, Numbers>>;

/** Lists the system calls that depend on their arguments: filter.ts has a rule for each. */
export const checked = {
  clone: [56, 220],
  mmap: [9, 222],
  fcntl: [72, 25],
  ioctl: [16, 29],
  prctl: [157, 167],
} as const satisfies Readonly<Record<string, Numbers>>;

/**
 * Lists the system calls that are reported as missing, so that libc, libuv and V8 use older ones: the first hides its
 * flags behind a pointer, rings make calls that no filter sees, the others take flags that undo O_APPEND or a limit.
 */
export const missing = {
  clone3: [435, 435],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  preadv2: [327, 286],
  pwritev2: [328, 287],
  openat2: [437, 437],
} as const satisfies Readonly<Record<string, Numbers>>;

/** The last number known when the lists were made; later ones are reported as missing. */
export const lastKnown = 450;

/** System calls whose objects no namespace divides: what they make or see is the whole machine's. */
export const undivided = {
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  perf_event_open: [298, 241],
  bpf: [321, 280],
  userfaultfd: [323, 282],
  setns: [308, 268],
} as const satisfies Record<string, Numbers>;

/** Sends a signal, to one process or to many. */
export const signalling = [62, 129] as const satisfies Numbers;

/** Calls that give a file to a user and a group, by the place of these two among the arguments. */
export const owning = {
  chown: { numbers: [92, undefined], user: 1 },
  fchown: { numbers: [93, 55], user: 1 },
  lchown: { numbers: [94, undefined], user: 1 },
  fchownat: { numbers: [260, 54], user: 2 },
} as const satisfies Record<string, { readonly numbers: Numbers; readonly user: 1 | 2 }>;

/** System calls that can make namespaces. */
export const moreProcesses = {
  unshare: [272, 97],
  clone3: [435, 435],
} as const satisfies Record<string, Numbers>;
