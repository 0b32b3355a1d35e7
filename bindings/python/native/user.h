// Users, as the clients of FeatBit and featureflag.co take them: dicts whose values become texts by Python's own rules.
#ifndef BURGEE_NATIVE_USER_H
#define BURGEE_NATIVE_USER_H

#include "attributes.h"

// What the two vendors' users differ in.
typedef struct user_rules {
  bool needs_name;      // a user without a name is refused
  bool has_address;     // email and country are built in, and like the name they may be absent
  bool takes_booleans;  // booleans are attributes, spelt True and False
} user_rules;

typedef enum user_state {
  USER_FAILED = -1,  // an exception is set that nobody may catch
  USER_VALID = 0,
  USER_REFUSED,  // what the vendor's client calls a user that is not specified
  USER_BROKEN,   // what raises TypeError in the vendor's client: an attribute called self, or a name that is no str
} user_state;

#define USER_SCRATCH 768

// One user on the way to the engine. The texts belong to the dict's values, to the scratch and to what attributes keep.
typedef struct user {
  attributes attributes;
  size_t used;  // of the scratch
  char scratch[USER_SCRATCH];
} user;

// Packs the dict. The caller releases attributes in any case. In all states but USER_VALID attributes are not complete.
user_state user_pack(user *self, PyObject *dict, const user_rules *rules);

#endif
