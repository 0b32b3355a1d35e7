package event

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// processID names this process so that others on the same machine can find out that it has ended: its number, when it
// started, the boot of the machine, and the namespace that the number counts in. It is empty when that cannot be known.
func processID() string {
	pid := os.Getpid()
	where := processSpace()
	started := processStart(pid)
	if where == "" || started == "" {
		return ""
	}
	return fmt.Sprintf("%d %s %s", pid, started, where)
}

// processGone says that the process with this id has certainly ended. It does not know about other machines, boots and
// namespaces.
func processGone(id string) bool {
	fields := strings.SplitN(id, " ", 3)
	if len(fields) != 3 || fields[2] == "" || fields[2] != processSpace() {
		return false
	}
	pid, err := strconv.Atoi(fields[0])
	if err != nil || pid <= 0 {
		return false
	}
	if syscall.Kill(pid, 0) == syscall.ESRCH {
		return true
	}
	started := processStart(pid) // empty when /proc hides other users' processes
	return started != "" && started != fields[1]
}

func processSpace() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(boot)) + " " + space
}

// processStart returns when a process started, in clock ticks since boot, or "ended" for one that only waits to be reaped.
func processStart(pid int) string {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	// The name of the program, in brackets, may hold anything; what follows it are numbers.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 {
		return ""
	}
	// A first thread that has ended shows as a zombie too while others are alive: their number tells.
	if (fields[0] == "Z" || fields[0] == "X") && (fields[17] == "0" || fields[17] == "1") {
		return "ended"
	}
	return fields[19]
}
