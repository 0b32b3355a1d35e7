package visitor

import "errors"

// Why a call was refused. It then had no effect, unless its comment says otherwise.
var (
	ErrNotReady      = errors.New("the SDK is not started")
	ErrEnded         = errors.New("the SDK was stopped or started anew meanwhile")
	ErrPanic         = errors.New("the SDK is in panic mode")
	ErrNoConsent     = errors.New("the visitor has not given consent")
	ErrFlagNotFound  = errors.New("the visitor has no such flag")
	ErrDuplicate     = errors.New("the same was reported a moment ago")
	ErrNotQueued     = errors.New("it could not be queued")
	ErrNoAnswer      = errors.New("the decision API did not answer")
	ErrNoFile        = errors.New("there is no environment file yet")
	ErrEmptyID       = errors.New("the id is empty")
	ErrAuthenticated = errors.New("the visitor is authenticated already")
	ErrAnonymous     = errors.New("the visitor is not authenticated")
	ErrUnknownAnswer = errors.New("no cache request with this id is waiting for an answer")
	ErrNotAsked      = errors.New("the cache cannot be asked, because the host takes no events")
	ErrCacheTimeout  = errors.New("the cache did not answer in time")
)
