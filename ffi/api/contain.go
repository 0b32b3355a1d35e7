package api

import "github.com/burgee-flags/burgee/engine/eval"

// containFlipt turns a panic into the failure that Flipt's engine answers then. It is deferred.
func containFlipt(symbol string, dst []byte, reply *[]byte) {
	if recover() != nil {
		*reply = appendFailure(dst, internalError+"panic in "+symbol)
	}
}

// containJSON turns a panic into an INTERNAL error. It is deferred.
func containJSON(symbol string, dst []byte, reply *[]byte) {
	if recover() != nil {
		*reply = appendError(dst, &eval.Error{Code: eval.CodeInternal, Msg: "panic in " + symbol})
	}
}

// containHandle turns a panic into no handle. It is deferred.
func containHandle(handle *uint64) {
	if recover() != nil {
		*handle = 0
	}
}
