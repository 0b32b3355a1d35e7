// Package connect is the backend "flagship": its options, its clients, the visitors of a program by their handles, and its
// methods.
//
// # Clients
//
// The vendor's SDK is one for a program, and its visitors outlive start and stop. Clients that name the same sdk_instance
// share one: the first, which is opened with start false, has the visitors and hears of everything (its host answers for the
// caches); the others each start the SDK when they are opened, in place of whoever started it before, and stop it when they
// are closed. A client without sdk_instance is both.
//
// # Options
//
//	sdk                    "javascript" (default) or "python": the SDK that this client stands in for
//	sdk_instance           which SDK of this process; default: one of its own
//	start                  default true; false leaves only sdk and sdk_instance
//	env_id, api_key        the environment, and its key
//	decision_mode          "decision_api" (default), "bucketing", "bucketing_edge"
//	file, document         an environment file in place of a server; the vendor hears of visitors only with env_id
//	initial_bucketing      an environment file until the first one is fetched, or, in the mode bucketing_edge, for good
//	polling_interval       seconds, default 5; 0: one request
//	targeting              whose rules: "javascript" (default), "python", "decision_api"
//	hash_input             which bytes of an id are hashed: "javascript", "python", "utf-8"; default: as the SDK does
//	decision_url           with /v2; cdn_url, events_url, segments_url
//	sdk_client             what the SDK calls itself; sdk_version
//	request_timeout        seconds for a request, default 2
//	visitor_cache          the host keeps records of visitors: it is asked by events
//	hit_cache              the host keeps hits that are not sent yet; then there is no spool
//	disable_events         nothing is sent
//
// and those of visitor.ReadOptions and backend.Network.
//
// # Without visitor objects
//
// A started client evaluates as every other one: the targeting key is the visitor's id. An evaluation that is exposed is an
// activation, an event that is tracked a hit; consent counts as given. In the mode decision_api each evaluation asks the
// server and waits for it, at most fetch_timeout; the answer counts for the same id and context during
// fetch_flags_buffering_time. Which flags there are is then known only from answers.
package connect
