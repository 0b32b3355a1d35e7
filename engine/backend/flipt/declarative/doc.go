// Package declarative turns Flipt's declarative flag files (features.yaml, features.yml, features.json) into the
// document that a Flipt server would answer for one namespace of the file.
//
// Vendor: Flipt, file format versions 1.0 to 1.6 as read by the servers v1.61 and v2. What the servers do is followed:
//
//   - Rules and rollouts count in the order of the list. "rank" is not looked at; out of order it is a problem to report.
//   - A missing "type" is a variant flag, a missing "match_type" is ALL_MATCH_TYPE, a missing operator is OR.
//   - A rule's segment is a key, a list of keys, or a mapping with "key" or "keys" (also "segments") and "operator" (also
//     "segmentOperator").
//   - A rollout with both a threshold and a segment is a threshold.
//   - Attachments become compact JSON with sorted members, as v1 servers write them. Numbers keep their text.
//   - A constraint's value may be a list (format 1.6); it becomes the JSON array that older files spell out as text.
//
// On purpose different from the servers:
//
//   - A server rejects the whole file for one bad flag. Here the flag is left out and reported, its neighbours stay.
//   - A variant without attachment, or with the attachment null, has no attachment member; servers write "null" (v2 and
//     declarative v1) or "" (v1 with a database), so that every wrapper sees the text null as if it were an attachment.
//   - Rule ids are made from the flag key and the position, so that equal files give equal documents.
//   - Plain scalars where text is wanted are taken as written: the value 1.50 is "1.50" and 2024-06-01 is "2024-06-01".
//   - A segment may be declared in another YAML document of the same namespace, before or after its use.
//
// The YAML reader is go.yaml.in/yaml/v3: what the servers read with, pure Go, no dependencies, and its nodes keep the written
// text of scalars. JSON is read as JSON, because YAML's readers do not take all of it.
package declarative
