package source

import "time"

// oneAtATime lets two goroutines share a sink. Whoever holds the token may call it.
type oneAtATime struct {
	token chan struct{}
	sink  Sink
}

func newOneAtATime(sink Sink) *oneAtATime {
	return &oneAtATime{token: make(chan struct{}, 1), sink: sink}
}

// unchangedAfter calls Unchanged when d has passed, unless stop was called before. After stop it calls nothing.
func (o *oneAtATime) unchangedAfter(d time.Duration) (stop func()) {
	stopped := false // whoever holds the token may look and change
	timer := time.AfterFunc(d, func() {
		o.enter()
		defer o.leave()
		if !stopped {
			o.sink.Unchanged()
		}
	})
	return func() {
		timer.Stop()
		o.enter()
		defer o.leave()
		stopped = true
	}
}

func (o *oneAtATime) enter() { o.token <- struct{}{} }
func (o *oneAtATime) leave() { <-o.token }

func (o *oneAtATime) Apply(u Update) error {
	o.enter()
	defer o.leave()
	return o.sink.Apply(u)
}

func (o *oneAtATime) Confirm() {
	o.enter()
	defer o.leave()
	o.sink.Confirm()
}

func (o *oneAtATime) Unchanged() {
	o.enter()
	defer o.leave()
	o.sink.Unchanged()
}

func (o *oneAtATime) Fail(err error) {
	o.enter()
	defer o.leave()
	o.sink.Fail(err)
}

func (o *oneAtATime) End(err error) {
	o.enter()
	defer o.leave()
	o.sink.End(err)
}

func (o *oneAtATime) Retry(err error, wait time.Duration) {
	o.enter()
	defer o.leave()
	o.sink.Retry(err, wait)
}
