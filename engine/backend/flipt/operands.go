package flipt

import (
	"math"
	"slices"
	"strconv"
	"unsafe"

	"github.com/burgee-flags/burgee/engine/jsonscan"
)

// maxListed is up to how many operands going through a list is faster than a map, and smaller.
const maxListed = 8

// operandSet is the parsed list of isoneof and isnotoneof.
type operandSet struct {
	strings    []string
	integers   []int64
	stringMap  map[string]struct{}
	integerMap map[int64]struct{}
}

func (s *operandSet) hasString(v string) bool {
	if s.stringMap != nil {
		_, ok := s.stringMap[v]
		return ok
	}
	return slices.Contains(s.strings, v)
}

func (s *operandSet) hasInteger(v int64) bool {
	if s.integerMap != nil {
		_, ok := s.integerMap[v]
		return ok
	}
	return slices.Contains(s.integers, v)
}

// parseStringSet reads a JSON array of strings. Anything else yields the empty set: isoneof is then false for all and
// isnotoneof true, as in Flipt's engine. Escapes are understood, which there they are not (a defect).
func parseStringSet(value string) *operandSet {
	items := make([]string, 0, maxListed)
	if !parseArray(value, func(b []byte, at int) (int, error) {
		s, end, _, err := jsonscan.String(b, at, nil) // a part of value, unless it holds escapes
		items = append(items, s)
		return end, err
	}) {
		return &operandSet{}
	}
	set := &operandSet{strings: slices.Clone(items)}
	if len(items) > maxListed {
		set.strings, set.stringMap = nil, asMap(items)
	}
	return set
}

// parseIntegerSet reads a JSON array of 32-bit integers, written as integers.
func parseIntegerSet(value string) (*operandSet, bool) {
	var items []int64
	if !parseArray(value, func(b []byte, at int) (int, error) {
		end, err := jsonscan.Skip(b, at)
		if err != nil {
			return end, err
		}
		n, err := strconv.ParseInt(string(b[at:end]), 10, 32)
		items = append(items, n)
		return end, err
	}) {
		return nil, false
	}
	set := &operandSet{integers: slices.Clip(items)}
	if len(items) > maxListed {
		set.integers, set.integerMap = nil, asMap(items)
	}
	return set, true
}

func asMap[T comparable](items []T) map[T]struct{} {
	m := make(map[T]struct{}, len(items))
	for _, item := range items {
		m[item] = struct{}{}
	}
	return m
}

func parseArray(value string, element func(b []byte, at int) (int, error)) bool {
	b := unsafe.Slice(unsafe.StringData(value), len(value))
	end, err := jsonscan.Array(b, jsonscan.SkipSpace(b, 0), func(at int) (int, error) { return element(b, at) })
	return err == nil && jsonscan.End(b, end) == nil
}

// parseInteger reads a signed 32-bit decimal: an optional sign and digits, nothing else.
// Source: Rust's i32::from_str, which Flipt's engine uses.
func parseInteger(s string) (int64, bool) {
	negative := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	if s == "" {
		return 0, false
	}
	var n int64
	for i := range len(s) {
		digit := s[i] - '0'
		if digit > 9 {
			return 0, false
		}
		if n = n*10 + int64(digit); n > -math.MinInt32 {
			return 0, false
		}
	}
	if negative {
		n = -n
	}
	return n, n <= math.MaxInt32
}

// parseTime reads a point in time as whole Unix seconds, the fraction cut off towards the past. It accepts
// YYYY-MM-DD, then T, t or one space, then HH:MM:SS, an optional fraction, and Z, z or ±HH:MM (also with U+2212). Second
// 60 counts as 59.
// Source: chrono's DateTime::parse_from_rfc3339, which Flipt's engine uses; time.Parse accepts other texts.
func parseTime(s string) (int64, bool) {
	if len(s) < len("2006-01-02T15:04:05Z") || s[4] != '-' || s[7] != '-' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	if s[10] != 'T' && s[10] != 't' && s[10] != ' ' {
		return 0, false
	}
	century, ok1 := twoDigits(s, 0)
	yearOfCentury, ok2 := twoDigits(s, 2)
	month, ok3 := twoDigits(s, 5)
	day, ok4 := twoDigits(s, 8)
	hour, ok5 := twoDigits(s, 11)
	minute, ok6 := twoDigits(s, 14)
	second, ok7 := twoDigits(s, 17)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || !ok7 {
		return 0, false
	}
	year := century*100 + yearOfCentury
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 60 {
		return 0, false
	}
	offset, ok := parseZone(skipFraction(s[19:]))
	if !ok {
		return 0, false
	}
	days := daysSinceEpoch(year, month, day)
	return ((days*24+hour)*60+minute)*60 + min(second, 59) - offset, true
}

// skipFraction returns the zone of a text that follows the seconds; "" if the fraction has no digits.
func skipFraction(rest string) string {
	if rest[0] != '.' {
		return rest
	}
	i := 1
	for i < len(rest) && rest[i]-'0' <= 9 {
		i++
	}
	if i == 1 {
		return ""
	}
	return rest[i:]
}

// parseZone returns the seconds east of UTC.
func parseZone(zone string) (int64, bool) {
	const minusSign = "\u2212"
	sign := int64(1)
	switch {
	case zone == "Z" || zone == "z":
		return 0, true
	case len(zone) == 6 && (zone[0] == '+' || zone[0] == '-'):
		if zone[0] == '-' {
			sign = -1
		}
		zone = zone[1:]
	case len(zone) == 5+len(minusSign) && zone[:len(minusSign)] == minusSign:
		sign, zone = -1, zone[len(minusSign):]
	default:
		return 0, false
	}
	hour, ok1 := twoDigits(zone, 0)
	minute, ok2 := twoDigits(zone, 3)
	if !ok1 || !ok2 || zone[2] != ':' || hour > 23 || minute > 59 {
		return 0, false
	}
	return sign * (hour*60 + minute) * 60, true
}

func twoDigits(s string, at int) (int64, bool) {
	tens, ones := s[at]-'0', s[at+1]-'0'
	return int64(tens)*10 + int64(ones), tens <= 9 && ones <= 9
}

func daysIn(year, month int64) int64 {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSinceEpoch counts the days from 1970-01-01 in the Gregorian calendar. Years start in March here, so that the leap
// day comes last.
func daysSinceEpoch(year, month, day int64) int64 {
	if month <= 2 {
		year--
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	yearOfEra := year - era*400
	dayOfYear := (153*((month+9)%12)+2)/5 + day - 1
	return era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719468
}
