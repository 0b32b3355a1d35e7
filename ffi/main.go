// Command ffi is the C shared library. This file turns addresses into slices and back; what the calls do is in package
// api, what C needs before Go is entered is in shim.c, and both include the one header.
package main

/*
#cgo CFLAGS: -std=gnu11 -O2 -Wall -Wextra -Wconversion -Werror -I${SRCDIR}/../include
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"runtime"
	"time"
	"unsafe"

	"github.com/burgee-flags/burgee/ffi/api"
)

var library = api.New(api.Host{Getenv: getenv, Saved: save})

// Evaluation runs on the host's threads, and each needs one of Go's processors while it is in Go. Two more than there are
// cores are for fetching and compiling and for the garbage collector: otherwise those would hold all of them now and then,
// and an evaluation would wait.
func init() {
	if getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 2)
	}
}

func main() {}

// getenv asks C, because on glibc a Go library does not see what the host set after the process started.
func getenv(name string) string {
	text := C.CString(name)
	defer C.free(unsafe.Pointer(text))
	return C.GoString(C.getenv(text))
}

func save(client uint64, options []byte) {
	C.burgee_save_options(C.uint64_t(client), (*C.char)(unsafe.Pointer(unsafe.SliceData(options))), C.size_t(len(options)))
}

// text returns the caller's bytes, which Go must not keep; nil for NULL.
func text(data *C.burgee_bytes, length C.size_t) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(data)), int(length))
}

// room returns the caller's buffer as an empty slice to append to.
func room(buffer *C.char, size C.size_t) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(buffer)), int(size))[:0]
}

// finish ends the reply with NUL. It returns buffer if the reply fits, otherwise a new block of C memory.
func finish(reply []byte, buffer *C.char) *C.char {
	reply = append(reply, 0)
	start := unsafe.Pointer(unsafe.SliceData(reply))
	if start == unsafe.Pointer(buffer) {
		return buffer
	}
	return C.burgee_copy(start, C.size_t(len(reply)))
}

//export burgeego_initialize_engine
func burgeego_initialize_engine(options *C.burgee_bytes, length C.size_t) C.uintptr_t {
	return C.uintptr_t(library.InitializeEngine(text(options, length)))
}

//export burgeego_initialize_engine_legacy
func burgeego_initialize_engine_legacy(namespace *C.burgee_bytes, namespaceLength C.size_t, options *C.burgee_bytes, length C.size_t) C.uintptr_t {
	return C.uintptr_t(library.InitializeEngineLegacy(text(namespace, namespaceLength), text(options, length)))
}

//export burgeego_evaluate_variant
func burgeego_evaluate_variant(engine C.uintptr_t, request *C.burgee_bytes, length C.size_t, buffer *C.char, size C.size_t) *C.char {
	return finish(library.EvaluateVariant(uint64(engine), text(request, length), room(buffer, size)), buffer)
}

//export burgeego_evaluate_boolean
func burgeego_evaluate_boolean(engine C.uintptr_t, request *C.burgee_bytes, length C.size_t, buffer *C.char, size C.size_t) *C.char {
	return finish(library.EvaluateBoolean(uint64(engine), text(request, length), room(buffer, size)), buffer)
}

//export burgeego_evaluate_batch
func burgeego_evaluate_batch(engine C.uintptr_t, requests *C.burgee_bytes, length C.size_t, buffer *C.char, size C.size_t) *C.char {
	return finish(library.EvaluateBatch(uint64(engine), text(requests, length), room(buffer, size)), buffer)
}

//export burgeego_list_flags
func burgeego_list_flags(engine C.uintptr_t) *C.char {
	return finish(library.ListFlags(uint64(engine), nil), nil)
}

//export burgeego_get_snapshot
func burgeego_get_snapshot(engine C.uintptr_t) *C.char {
	return finish(library.GetSnapshot(uint64(engine), nil), nil)
}

//export burgeego_update_authentication
func burgeego_update_authentication(engine C.uintptr_t, authentication *C.burgee_bytes, length C.size_t) *C.char {
	return finish(library.UpdateAuthentication(uint64(engine), text(authentication, length), nil), nil)
}

//export burgeego_destroy_engine
func burgeego_destroy_engine(engine C.uintptr_t) {
	library.DestroyEngine(uint64(engine))
}

//export burgeego_open
func burgeego_open(options *C.burgee_bytes, length C.size_t) *C.char {
	return finish(library.Open(text(options, length), nil), nil)
}

//export burgeego_call
func burgeego_call(client C.uint64_t, method *C.burgee_bytes, methodLength C.size_t, params *C.burgee_bytes, length C.size_t, buffer *C.char, size C.size_t) *C.char {
	return finish(library.Call(uint64(client), text(method, methodLength), text(params, length), room(buffer, size)), buffer)
}

//export burgeego_wait
func burgeego_wait(client C.uint64_t, timeoutMs C.int64_t) *C.char {
	// Longer than a Duration can say is without limit.
	timeout := time.Duration(-1)
	if int64(timeoutMs) >= 0 && int64(timeoutMs) <= int64(1<<63-1)/int64(time.Millisecond) {
		timeout = time.Duration(timeoutMs) * time.Millisecond
	}
	return finish(library.Wait(uint64(client), timeout, nil), nil)
}

//export burgeego_close
func burgeego_close(client C.uint64_t) *C.char {
	return finish(library.Close(uint64(client), nil), nil)
}

//export burgeego_resolve_into
func burgeego_resolve_into(client C.uint64_t, request *C.burgee_const_request, result *C.burgee_result) C.uint32_t {
	return C.uint32_t(library.ResolveInto(uint64(client),
		(*api.Request)(unsafe.Pointer(request)), (*api.Result)(unsafe.Pointer(result))))
}

//export burgeego_visitor_flag_into
func burgeego_visitor_flag_into(client C.uint64_t, request *C.burgee_const_visitor_request, flag *C.burgee_visitor_flag) C.uint32_t {
	return C.uint32_t(library.VisitorFlagInto(uint64(client),
		(*api.VisitorRequest)(unsafe.Pointer(request)), (*api.VisitorFlag)(unsafe.Pointer(flag))))
}

//export burgeego_visitor_close
func burgeego_visitor_close(client, visitor C.uint64_t) C.uint32_t {
	return C.uint32_t(library.CloseVisitor(uint64(client), uint64(visitor)))
}

// The layouts of both languages are the same, or this does not compile: a difference makes an index out of range.
var (
	_ = [1]struct{}{}[unsafe.Sizeof(C.burgee_attribute{})-unsafe.Sizeof(api.Attribute{})]
	_ = [1]struct{}{}[unsafe.Offsetof(C.burgee_attribute{}.integer)-unsafe.Offsetof(api.Attribute{}.Integer)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.burgee_attribute{}.kind)-unsafe.Offsetof(api.Attribute{}.Kind)]
	_ = [1]struct{}{}[unsafe.Sizeof(C.burgee_request{})-unsafe.Sizeof(api.Request{})]
	_ = [1]struct{}{}[unsafe.Offsetof(C.burgee_request{}.attributes)-unsafe.Offsetof(api.Request{}.Attributes)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.burgee_request{}.want)-unsafe.Offsetof(api.Request{}.Want)]
	_ = [1]struct{}{}[unsafe.Sizeof(C.burgee_result{})-unsafe.Sizeof(api.Result{})]
	_ = [1]struct{}{}[unsafe.Offsetof(C.burgee_result{}.code)-unsafe.Offsetof(api.Result{}.Code)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.burgee_result{}.segment_count)-unsafe.Offsetof(api.Result{}.SegmentCount)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.burgee_result{}.in_experiment)-unsafe.Offsetof(api.Result{}.InExperiment)]
	_ = [1]struct{}{}[unsafe.Sizeof(C.burgee_visitor_request{})-unsafe.Sizeof(api.VisitorRequest{})]
	_ = [1]struct{}{}[unsafe.Offsetof(C.burgee_visitor_request{}.fallback)-unsafe.Offsetof(api.VisitorRequest{}.Fallback)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.burgee_visitor_request{}.flags)-unsafe.Offsetof(api.VisitorRequest{}.Flags)]
	_ = [1]struct{}{}[unsafe.Sizeof(C.burgee_visitor_flag{})-unsafe.Sizeof(api.VisitorFlag{})]
	_ = [1]struct{}{}[unsafe.Offsetof(C.burgee_visitor_flag{}.number)-unsafe.Offsetof(api.VisitorFlag{}.Number)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.burgee_visitor_flag{}.status)-unsafe.Offsetof(api.VisitorFlag{}.Status)]
	_ = [1]struct{}{}[unsafe.Offsetof(C.burgee_visitor_flag{}.exposure)-unsafe.Offsetof(api.VisitorFlag{}.Exposure)]
)
