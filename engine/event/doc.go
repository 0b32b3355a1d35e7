// Package event delivers what a vendor should hear: exposures, metrics, visits. It knows no vendor; an Encoder turns records
// into requests and says what the answers mean.
//
//	Add ──▶ ring in memory ──────────────────────────▶ batches ──▶ Encoder ──▶ POST ──▶ vendor
//	             └──▶ spool (write) ──▶ (read) ────────────┘
//
// # What is promised
//
// Add puts a record into a ring in memory: no lock, no system call, no allocation, and it never waits. When the ring is full
// the new record is dropped and counted, never an old one.
//
// Without a spool, a record that Add took is sent as long as the process lives: after a failure again and again, in order,
// until the server takes or refuses it, it is older than MaxAge, or it was tried Attempts times. The end of the process
// loses what is in memory; Close delivers it first.
//
// With a spool, a goroutine moves records from the ring into files, at once when it was idle and every 5 ms while there are
// more. A record is accepted by the spool when write(2) has returned: from then on kill -9 does not lose it, nor a full
// disk, nor a server that is away for hours, and only three things take it out: the server took it, the server refused it,
// or it is older than MaxAge. AddDurable returns when that is so, and costs a system call, which callers at the same time
// share. What Add took and the goroutine had not moved yet is lost by kill -9: normally less than 10 ms of records. A
// power cut or a crash of the operating system can also lose what was written in the last SyncInterval. Delivery is at
// least once: twice after a kill in the time between the answer and noting it, and after a request whose answer never came.
//
// The size limit counts all files of the folder, whoever wrote them. When it is reached, or the disk is full, new records
// stay in the ring, are sent from there once the spool has been sent, and are dropped when the ring is full too: the limit
// never takes back what was accepted.
//
// # Whoever wants to know
//
// A backend may listen to what becomes of its records (Config.Hear), and take them back as long as they are not sent
// (Config.Withdrawn). Both are asked around every request, so that nothing has to be searched for in the ring or in files.
//
// # Files
//
// Every process writes files of its own, so nobody waits for another one. The files of a process that has ended are taken
// over by a live one, at the start and then every 10 s: under the lock of the folder they are renamed to their new owner.
// A process is known to have ended when the lock on its owner file is free or, on Linux, when the process that the file
// names is gone: a child that it forked inherits the lock and would keep it. Where /proc is missing the files wait for such
// children to end.
//
// An embedded store would have cost the shared library more than this package with its spool (170 KB): bbolt 280 KB,
// tidwall/wal 440 KB. What is needed is less than they do: append, read once in order, forget, and read on behind damage.
package event
