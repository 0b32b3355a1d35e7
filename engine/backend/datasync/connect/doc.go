// Package connect is how a client of FeatBit or featureflag.co reaches its server: options, websocket or polling, and the
// events that it sends. What the two name or word differently they bring as a Vendor.
//
// # Options
//
//	env_secret                   says which environment, and proves who we are
//	streaming_url, event_url     where the websocket is opened and events are posted; http(s) stands for ws(s)
//	data_sync_mode               "streaming" (default) or "polling", and for that:
//	polling_url                  where the flags are asked for; default: event_url
//	polling_interval             seconds, default 30
//	streaming_first_retry_delay  seconds, default 1, at most 60; doubled after each attempt, up to 60
//	websocket_timeout            seconds until the websocket must be open, at most 10
//	ping_interval                seconds, default 10
//	connect_timeout              seconds for a connection over HTTP, default 5
//	request_timeout              seconds for a request over HTTP, default 10 when streaming, none when polling
//	offline                      nothing is asked or sent; the host brings the flags with the method update
//	bootstrap                    a message that is held before the server is asked
//	document, file               a message in place of a server; with event_url the vendor hears of evaluations all the same
//	app_type                     how metrics name their sender
//	user_agent                   how requests do
//
// and those of backend.Network and backend.Delivery. As in the vendors' clients, a time that is 0 or less is the default
// one, and one beyond the limit the limit.
package connect
