/* clients.h: what the files about clients and their threads share. */
#ifndef BURGEE_NODE_CLIENTS_H
#define BURGEE_NODE_CLIENTS_H

#include "addon.h"

/* What a message is about. src/native.ts has the same list. */
enum message_kind { OPENED, EVENT, ENDED, REPLY };

struct client {
  instance *self; /* NULL once the instance has gone while it was opening; then it belongs to its thread alone */
  client *next;
  uint32_t token;  /* JavaScript's name for it */
  uint64_t handle; /* 0 before it is open and once clients_stop closes it */
  uint32_t unread;
  bool opening, closing;
  char *path, *options;
};

typedef struct message {
  enum message_kind kind;
  uint32_t token;
  uint64_t handle;
  client *origin; /* whose unread count it is in, or NULL; valid as long as the instance is not closing */
  bool awaited;   /* it settles a promise */
  char *text;
  bool own; /* text was made by malloc; otherwise by the library */
} message;

/* messages.c */
void post(instance *self, message content);
void await(instance *self);   /* keeps the event loop alive while something is awaited */
void settled(instance *self); /* ends that */
bool enter(instance *self);   /* before a thread starts on behalf of the instance; false when that is closing */
void leave(instance *self);   /* the last thing that such a thread does: self may be gone when this returns */
napi_value no_thread(napi_env env);

#endif
