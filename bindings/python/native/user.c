#include "user.h"

// What became of one member of the dict.
enum { PACKED, FAILED, BROKEN, NEEDS_PYTHON };

// The longest text of a number here: a sign, 17 digits, a point and an exponent, or the digits of 64 bits.
#define LONGEST_NUMBER 32

// What a name stands for.
typedef enum role { CUSTOM, KEY, KEY_ID, NAME, EMAIL, COUNTRY, HIDDEN, SELF } role;

#define BUILT_INS HIDDEN  // the members whose role comes before it are kept by role

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c; }

// Whether the name is the word when both are lower-cased. One letter beyond ASCII becomes one of ASCII by that: the sign
// of the kelvin is a k.
static bool spells(const char *name, size_t length, const char *word, size_t letters) {
  if (length == letters + 2 && word[0] == 'k' && memcmp(name, "\xE2\x84\xAA", 3) == 0) {
    name += 3;
    length -= 3;
    word++;
    letters--;
  }
  if (length != letters) {
    return false;
  }
  for (size_t i = 0; i < length; i++) {
    if (lower(name[i]) != word[i]) {
      return false;
    }
  }
  return true;
}

static bool is(burgee_text name, const char *word) { return memcmp(name.data, word, name.length) == 0; }

// What the vendor's client takes from a user by the name, in this very spelling; other spellings are dropped.
static role role_of(burgee_text name, const user_rules *rules) {
  switch (name.length) {
    case 3:
      return is(name, "key") ? KEY : spells(name.data, 3, "key", 3) ? HIDDEN : CUSTOM;
    case 4:
      return is(name, "name") ? NAME : is(name, "self") ? SELF : spells(name.data, 4, "name", 4) ? HIDDEN : CUSTOM;
    case 5:
      if (is(name, "keyid")) {
        return KEY_ID;
      }
      if (rules->has_address && spells(name.data, 5, "email", 5)) {
        return is(name, "email") ? EMAIL : HIDDEN;
      }
      return spells(name.data, 5, "keyid", 5) || spells(name.data, 5, "key", 3) ? HIDDEN : CUSTOM;
    case 7:
      if (rules->has_address && spells(name.data, 7, "country", 7)) {
        return is(name, "country") ? COUNTRY : HIDDEN;
      }
      return spells(name.data, 7, "keyid", 5) ? HIDDEN : CUSTOM;
    default:
      return CUSTOM;
  }
}

// Writes the digits of a number before the end, and returns where they begin.
static char *write_digits(char *end, unsigned long long number) {
  do {
    *--end = (char)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  return end;
}

static int add_text(user *self, const char *data, size_t length, burgee_text *text) {
  text->length = length;
  text->data = memcpy(self->scratch + self->used, data, length);
  self->used += length;
  return PACKED;
}

static int text_of_integer(user *self, long long integer, burgee_text *text) {
  char digits[LONGEST_NUMBER];
  char *end = digits + sizeof digits;
  char *start = write_digits(end, integer < 0 ? 0 - (unsigned long long)integer : (unsigned long long)integer);
  if (integer < 0) {
    *--start = '-';
  }
  return add_text(self, start, (size_t)(end - start), text);
}

// Writes a number with up to four digits after the point as Python's repr does, before the end. Returns where it begins,
// or NULL for other numbers. Up to 15 digits in all, every decimal is a double of its own, so that the first decimal that
// equals the number is the one repr writes.
static char *write_short_float(char *end, double number) {
  double size = number < 0 ? -number : number;
  unsigned long long power = 1;
  if (!(size > 0 && size < 1e11)) {
    return NULL;
  }
  for (int places = 0; places <= 4; places++, power *= 10) {
    unsigned long long scaled = (unsigned long long)(size * (double)power + 0.5);
    if ((double)scaled / (double)power != size) {
      continue;
    }
    unsigned long long fraction = scaled % power;
    char *start = end;
    for (int i = 0; i < places || i == 0; i++, fraction /= 10) {
      *--start = (char)('0' + fraction % 10);
    }
    *--start = '.';
    start = write_digits(start, scaled / power);
    if (number < 0) {
      *--start = '-';
    }
    return start;
  }
  return NULL;
}

static int text_of_float(user *self, double number, burgee_text *text) {
  char digits[LONGEST_NUMBER];
  char *end = digits + sizeof digits;
  char *start = write_short_float(end, number);
  if (start != NULL) {
    return add_text(self, start, (size_t)(end - start), text);
  }
  char *repr = PyOS_double_to_string(number, 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
  if (repr == NULL) {
    return FAILED;
  }
  int outcome = add_text(self, repr, strlen(repr), text);
  PyMem_Free(repr);
  return outcome;
}

// Leaves an object out of which float() cannot make a number.
static int no_number(void) {
  if (!PyErr_ExceptionMatches(PyExc_ValueError)) {
    return FAILED;
  }
  PyErr_Clear();
  return PACKED;
}

// Sets the text to str(value), if that is a text or what float() takes. Runs Python code.
static int text_of_object(user *self, PyObject *value, burgee_text *text) {
  PyObject *string = PyObject_Str(value);
  if (string == NULL) {
    return no_number();
  }
  if (attributes_keep(&self->attributes, string) != 0) {
    return FAILED;
  }
  if (!PyUnicode_Check(value)) {
    PyObject *number = PyFloat_FromString(string);
    if (number == NULL) {
      return no_number();
    }
    Py_DECREF(number);
  }
  return attributes_text(string, text) == 0 ? PACKED : FAILED;
}

// Sets the text of an attribute's value; no data: the attribute does not count. Without python it runs no Python code, and
// answers NEEDS_PYTHON for what would take some.
static int text_of(user *self, PyObject *value, const user_rules *rules, bool python, burgee_text *text) {
  PyTypeObject *type = Py_TYPE(value);
  if (type == &PyUnicode_Type) {
    return attributes_text(value, text) == 0 ? PACKED : FAILED;
  }
  text->data = NULL;
  if (type == &PyBool_Type) {
    if (rules->takes_booleans) {
      text->data = value == Py_True ? "True" : "False";
      text->length = value == Py_True ? 4 : 5;
    }
    return PACKED;
  }
  bool room = self->used + LONGEST_NUMBER <= sizeof self->scratch;
  if (type == &PyLong_Type && room) {
    int overflow;
    long long integer = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow == 0) {
      return text_of_integer(self, integer, text);
    }
  } else if (type == &PyFloat_Type && room) {
    return text_of_float(self, PyFloat_AsDouble(value), text);
  } else if (value == Py_None || type == &PyList_Type || type == &PyDict_Type || type == &PyTuple_Type) {
    return PACKED;
  }
  return python ? text_of_object(self, value, text) : NEEDS_PYTHON;
}

static int pack_member(user *self, PyObject *name, PyObject *value, const user_rules *rules, bool python,
                       PyObject **built_in) {
  burgee_text text;
  if (UNLIKELY(!PyUnicode_Check(name))) {
    return BROKEN;
  }
  if (attributes_text(name, &text) != 0) {
    return FAILED;
  }
  role role = role_of(text, rules);
  if (role == CUSTOM) {
    burgee_attribute *item = attributes_next(&self->attributes);
    if (UNLIKELY(item == NULL)) {
      return FAILED;
    }
    item->name = text;
    item->kind = BURGEE_STRING;
    int outcome = text_of(self, value, rules, python, &item->text);
    if (outcome == PACKED && item->text.data != NULL) {
      self->attributes.count++;
    }
    return outcome;
  }
  if (role == SELF) {
    return BROKEN;
  }
  if (role != HIDDEN) {
    if (UNLIKELY(Py_TYPE(value) != &PyUnicode_Type && value != Py_None && !python)) {
      return NEEDS_PYTHON;  // whether Python takes it for true may be a question of code
    }
    built_in[role] = value;
  }
  return PACKED;
}

static int pack_members(user *self, PyObject *dict, const user_rules *rules, PyObject **built_in) {
  Py_ssize_t position = 0;
  PyObject *name;
  PyObject *value;
  bool python = false;
  while (PyDict_Next(dict, &position, &name, &value)) {
    int outcome = pack_member(self, name, value, rules, python, built_in);
    if (outcome == NEEDS_PYTHON) {
      // Python code may change the dict. Start again with a copy that nobody else has.
      dict = PyDict_Copy(dict);
      if (attributes_keep(&self->attributes, dict) != 0) {
        return FAILED;
      }
      python = true;
      position = 0;
      self->attributes.count = 0;
      self->used = 0;
    } else if (outcome != PACKED) {
      return outcome;
    }
  }
  return PACKED;
}

// Whether the member is there and Python takes it for true; -1 with an exception.
static int given(PyObject *value) {
  if (value == NULL || value == Py_None) {
    return 0;
  }
  if (Py_TYPE(value) == &PyUnicode_Type) {
    return PyUnicode_GetLength(value) != 0;
  }
  return PyObject_IsTrue(value);
}

// Whether the value is a str that is not blank, whose text it sets; -1 with an exception. The first byte decides for
// nearly every text.
static int usable(PyObject *value, burgee_text *text) {
  if (value == NULL || !PyUnicode_Check(value)) {
    return 0;
  }
  if (attributes_text(value, text) != 0) {
    return -1;
  }
  unsigned char first = text->length == 0 ? ' ' : (unsigned char)text->data[0];
  if (first > ' ' && first < 0x7F) {
    return 1;
  }
  PyObject *stripped = PyObject_CallMethod(value, "strip", NULL);
  if (stripped == NULL) {
    return -1;
  }
  Py_ssize_t length = PyUnicode_GetLength(stripped);
  Py_DECREF(stripped);
  return length > 0;
}

// Adds a built-in member other than the key. Returns whether the user may have it; -1 with an exception.
static int pack_built_in(user *self, const char *name, PyObject *value, bool optional) {
  if (optional) {
    int there = given(value);
    if (there <= 0) {
      return there == 0 ? 1 : -1;
    }
  }
  burgee_attribute *item = attributes_next(&self->attributes);
  if (item == NULL) {
    return -1;
  }
  int good = usable(value, &item->text);
  if (good == 1) {
    item->name.data = name;
    item->name.length = strlen(name);
    item->kind = BURGEE_STRING;
    self->attributes.count++;
  }
  return good;
}

static int pack_built_ins(user *self, PyObject *const *values, const user_rules *rules) {
  int there = given(values[KEY]);
  int good = there < 0 ? -1 : usable(there ? values[KEY] : values[KEY_ID], &self->attributes.targeting_key);
  if (good == 1) {
    self->attributes.has_targeting_key = true;
    good = pack_built_in(self, "name", values[NAME], !rules->needs_name);
  }
  if (good == 1 && rules->has_address) {
    good = pack_built_in(self, "email", values[EMAIL], true);
  }
  if (good == 1 && rules->has_address) {
    good = pack_built_in(self, "country", values[COUNTRY], true);
  }
  return good;
}

// An exception while a user is read makes the user a broken one, unless it is to end the program.
static user_state caught(void) {
  if (!PyErr_ExceptionMatches(PyExc_Exception)) {
    return USER_FAILED;
  }
  PyErr_Clear();
  return USER_BROKEN;
}

user_state user_pack(user *self, PyObject *dict, const user_rules *rules) {
  PyObject *built_in[BUILT_INS] = {NULL};
  attributes_start(&self->attributes);
  self->used = 0;
  if (Py_TYPE(dict) != &PyDict_Type && !PyDict_Check(dict)) {
    return USER_REFUSED;
  }
  switch (pack_members(self, dict, rules, built_in)) {
    case PACKED:
      break;
    case BROKEN:
      return USER_BROKEN;
    default:
      return caught();
  }
  int good = pack_built_ins(self, built_in, rules);
  if (good < 0) {
    return caught();
  }
  return good == 1 ? USER_VALID : USER_REFUSED;
}
