// Becomes a native program: the script's process, with the descriptors 0 to 2 that it has.
process.execve(process.argv[2], process.argv.slice(2), {});
