package visitor

import "context"

// VisitorCache keeps the records of visitors for the host. Only Lookup may wait. Calls for one visitor come in order.
type VisitorCache interface {
	// Lookup returns the record of an id as JSON text; nil or null: there is none.
	Lookup(ctx context.Context, visitorID string) ([]byte, error)
	Store(visitorID string, record []byte)
	Forget(visitorID string)
}

// HitCache keeps the documents of hits that are not sent yet. Only Lookup may wait. The other calls come in order.
type HitCache interface {
	// Lookup returns an object with all documents, by their keys; nil or null: there are none.
	Lookup(ctx context.Context) ([]byte, error)
	// Store takes an object with documents, by their keys.
	Store(hits []byte)
	Forget(keys []string)
	ForgetAll()
}
