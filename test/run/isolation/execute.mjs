// Becomes a native program: the script's process, with its descriptors 0 to 2.
process.execve(process.argv[2], process.argv.slice(2), {});
