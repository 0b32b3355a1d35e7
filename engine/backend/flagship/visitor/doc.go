// Package visitor keeps the visitors of AB Tasty Flagship: the objects that the vendor's SDKs hand to programs, with what
// was decided for them, what they agreed to, and what the vendor hears of them. It decides nothing itself and has no
// registry of visitors: one that nobody refers to any more is gone.
//
//	           ┌─ SDK: state of the vendor's SDK, ─────────────────────────── Event ─▶ host
//	           │  one for a program                                             ▲
//	Watch ─────┤  polls become states and events                                │ statuses, ready, exposures
//	           └─ Session: one start of it ◀── Visitor.Fetch ──▶ Ruleset.Decide, or POST to the decision API
//	                 │      settings, caches          │
//	                 │                                └──▶ [atomic pointer] ◀── Flag, Expose: any thread, no lock
//	                 └─ tracker: hits, activations ──▶ Lanes ──▶ event.Queue of each ──▶ vendor
//	                      ├─ ledger ──▶ HitCache        ▲ Hear, Withdrawn
//	                      └─ withdrawals ───────────────┘
//
// # Visitors
//
// What a read needs is one immutable view behind one atomic pointer: decision, ids, consent, status. Whoever changes a
// visitor takes that visitor's own lock, builds the next view and publishes it; statuses and the event ready are handed to
// the host under the same lock, so that they come in their order. The host's function must not wait.
//
// A fetch that is running is joined. In bucketing modes it is a call of Ruleset.Decide on the caller's thread, with memory
// from a pool; the decision is copied once, to be kept. With a visitor cache, with attributes of other vendors or in the
// mode API it waits for others, within limits, and never with a lock held.
//
// # Tracking
//
// Hits and activations are records of two queues of package event, the lanes, which are not of this package: Session.Lane
// says how each is to be built. A record is what is sent of a hit and, behind it, what is needed to say what became of it:
// the key in the host's cache and the argument of the exposure callback. So a record needs no memory here, survives in a
// spool, and an exposure is reported after the request that carried it, whichever process makes it. Only for a host that
// has a cache of hits a ledger holds what is pending, because the cache is told of it again and again.
//
// Whoever withdraws consent takes back what is pending: the queues ask, before every request, whether a record may still
// be sent. A withdrawal is remembered until everything that was queued before it is settled.
//
// # Caches
//
// The host's caches are asked by requests that it answers later: Host numbers them and waits for lookups within a limit.
// Everything else is only announced, in order. What comes back is checked before it is used.
//
// Different on purpose from the SDKs:
//   - A failed fetch keeps the flags unless the visitor cache has some; a fetch before the first file is a failure.
//   - A visitor that is made before the start works once there is one, with the real settings, and keeps its context.
//   - Withdrawing consent also takes back what was reported under the anonymous id, and never fails to be stored.
//   - In Python logging in works in bucketing modes too, and entering panic is announced.
//   - Attributes of other vendors do not make a visitor outdated.
//   - Ids that are numbers are texts. A failed first download leaves the SDK initializing.
//   - Segment hits hold the context of their moment.
//   - Of what failed, hits are sent again in front of newer ones. One request is under way at a time for each lane.
package visitor
