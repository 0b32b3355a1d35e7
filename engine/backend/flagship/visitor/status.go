package visitor

import "github.com/burgee-flags/burgee/engine/backend/flagship/sdk"

// State is how far an SDK has come.
type State uint8

// The states.
const (
	Stopped State = iota
	Starting
	Polling // the first file is being fetched; JavaScript does not tell it from Starting
	Panicked
	Ready
)

var stateNumbers = [...][5]int{
	sdk.JavaScript: {Stopped: 0, Starting: 1, Polling: 1, Panicked: 2, Ready: 3},
	sdk.Python:     {Stopped: 0, Starting: 10, Polling: 20, Panicked: 30, Ready: 100},
}

var stateNames = [...][5]string{
	sdk.JavaScript: {"SDK_NOT_INITIALIZED", "SDK_INITIALIZING", "SDK_INITIALIZING", "SDK_PANIC", "SDK_INITIALIZED"},
	sdk.Python:     {"NOT_INITIALIZED", "STARTING", "POLLING", "PANIC", "READY"},
}

// Number is the value that the SDK of the language gives the state.
func (s State) Number(language sdk.Language) int { return stateNumbers[language][s] }

// Name is what the SDK of the language calls the state.
func (s State) Name(language sdk.Language) string { return stateNames[language][s] }

// FetchStatus says whether a visitor's flags are those of the visitor as it is now.
type FetchStatus uint8

// The statuses.
const (
	FetchRequired FetchStatus = iota
	Fetching
	Fetched
	FetchPanic
	InitialData // flags that the host gave
)

var fetchStatusNames = [...]string{"FETCH_REQUIRED", "FETCHING", "FETCHED", "PANIC", "INITIAL_DATA"}

// String is the name that the vendor's reference has; InitialData is newer than that.
func (s FetchStatus) String() string { return fetchStatusNames[s] }

// Reason says why a visitor has its FetchStatus.
type Reason uint8

// The reasons.
const (
	None Reason = iota
	VisitorCreated
	UpdateContext
	Authenticated
	Unauthenticated
	FetchError
	ReadFromCache
)

var reasonNames = [...]string{
	"NONE", "VISITOR_CREATED", "UPDATE_CONTEXT", "AUTHENTICATE", "UNAUTHENTICATE", "FETCH_ERROR", "READ_FROM_CACHE",
}

// String is the name that the vendor's reference has.
func (r Reason) String() string { return reasonNames[r] }

// FlagStatus is the status of one flag of a visitor.
type FlagStatus uint8

// The statuses.
const (
	FlagNotFound FlagStatus = iota
	FlagFetched
	FlagFetchRequired
	FlagPanic
)

var flagStatusNames = [...]string{"NOT_FOUND", "FETCHED", "FETCH_REQUIRED", "PANIC"}

// String is the name that the vendor's reference has.
func (s FlagStatus) String() string { return flagStatusNames[s] }
