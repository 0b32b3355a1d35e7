package featbit

import (
	"strings"
	"time"
)

// parseTimestamp reads an ISO 8601 time as Unix milliseconds, rounded to the nearest one after its fraction was cut to
// microseconds, and cut. A time without a zone is local. What cannot be read is 0.
// Source: dateutil's isoparse, which the SDK uses; of its forms, weeks and days of the year are left out.
func parseTimestamp(text string) (rounded, cut int64) {
	date, rest, ok := cutDate(text)
	if !ok {
		return 0, 0
	}
	var clock time.Duration
	location := time.Local //nolint:gosmopolitan // what the SDK does
	if rest != "" {
		// Any character may stand between date and time.
		if clock, rest, ok = cutClock(rest[1:]); !ok {
			return 0, 0
		}
		if rest != "" {
			if location, ok = parseZone(rest); !ok {
				return 0, 0
			}
		}
	}
	year, month, day := date.Date()
	// The fraction and the clock go in together, so that the zone is looked up for the time of day.
	at := time.Date(year, month, day, 0, 0, 0, int(clock), location)
	return roundHalfEven(at.UnixMicro()), at.UnixMilli()
}

// roundHalfEven turns microseconds into milliseconds.
func roundHalfEven(micros int64) int64 {
	millis, rest := micros/1000, micros%1000
	if rest < 0 {
		millis, rest = millis-1, rest+1000
	}
	if rest > 500 || rest == 500 && millis%2 != 0 {
		millis++
	}
	return millis
}

// cutDate reads YYYY-MM-DD, YYYYMMDD, YYYY-MM or YYYY.
func cutDate(text string) (time.Time, string, bool) {
	for _, layout := range []string{"2006-01-02", "20060102", "2006-01", "2006"} {
		if len(text) < len(layout) || len(text) > len(layout) && text[len(layout)]-'0' <= 9 {
			continue
		}
		if date, err := time.Parse(layout, text[:len(layout)]); err == nil {
			return date, text[len(layout):], true
		}
	}
	return time.Time{}, "", false
}

// cutClock reads HH[:MM[:SS[.fraction]]] or HHMM[SS[.fraction]].
func cutClock(text string) (time.Duration, string, bool) {
	limits := [3]int{24, 59, 59}
	units := [3]time.Duration{time.Hour, time.Minute, time.Second}
	var clock time.Duration
	separated := len(text) > 2 && text[2] == ':'
	part := 0
	for ; part < len(limits); part++ {
		if part > 0 && separated {
			if !strings.HasPrefix(text, ":") {
				break
			}
			text = text[1:]
		}
		n, ok := twoDigits(text)
		if !ok {
			if part > 0 && !separated {
				break
			}
			return 0, "", false
		}
		if n > limits[part] {
			return 0, "", false
		}
		clock += time.Duration(n) * units[part]
		text = text[2:]
	}
	if part == len(limits) && text != "" && (text[0] == '.' || text[0] == ',') {
		length := 1
		scale := time.Second / 10
		for length < len(text) && text[length]-'0' <= 9 {
			if scale >= time.Microsecond {
				clock += time.Duration(text[length]-'0') * scale
			}
			scale /= 10
			length++
		}
		if length == 1 {
			return 0, "", false
		}
		text = text[length:]
	}
	if clock > 24*time.Hour { // 24:00 is the end of the day
		return 0, "", false
	}
	return clock, text, true
}

// parseZone reads Z, z or ±HH[[:]MM].
func parseZone(text string) (*time.Location, bool) {
	if text == "Z" || text == "z" {
		return time.UTC, true
	}
	if text[0] != '+' && text[0] != '-' {
		return nil, false
	}
	hours, ok := twoDigits(text[1:])
	if !ok || hours > 23 {
		return nil, false
	}
	minutes := 0
	if rest := strings.TrimPrefix(text[3:], ":"); rest != "" {
		if minutes, ok = twoDigits(rest); !ok || len(rest) != 2 || minutes > 59 {
			return nil, false
		}
	}
	offset := (hours*60 + minutes) * 60
	if text[0] == '-' {
		offset = -offset
	}
	return time.FixedZone("", offset), true
}

func twoDigits(text string) (int, bool) {
	if len(text) < 2 || text[0]-'0' > 9 || text[1]-'0' > 9 {
		return 0, false
	}
	return int(text[0]-'0')*10 + int(text[1]-'0'), true
}
