package engine

import "github.com/burgee-flags/burgee/engine/backend"

var levelNames = [...]string{"debug", "info", "warn", "error"}

// logger hands log records to the host as events. It never writes anywhere itself: a broken pipe on the standard streams
// would kill the host.
type logger struct {
	events *eventQueue
	level  backend.Level
	name   string
}

// Log implements backend.Logger.
func (l *logger) Log(level backend.Level, message string) {
	if level >= l.level {
		l.events.add(Event{Type: "log", Level: levelNames[level], Logger: l.name, Message: message})
	}
}
