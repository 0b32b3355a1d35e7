/* Evaluates a few flags through the C interface.
 *   demo OPTIONS    for example: demo '{"backend":"file","file":"testdata/flags/demo.json"}' */
#include <stdio.h>

#include "burgee.h"

static void show(const char *call, const char *reply) {
  printf("  %s\n    %s\n", call, reply);
  destroy_string((char *)reply);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s OPTIONS\n", argv[0]);
    return 2;
  }
  void *engine = initialize_engine(argv[1]);
  show("evaluate_variant",
       evaluate_variant(engine, "{\"flag_key\":\"flag1\",\"entity_id\":\"entity\",\"context\":{\"fizz\":\"buzz\"}}"));
  show("evaluate_boolean",
       evaluate_boolean(engine,
                        "{\"flag_key\":\"flag_boolean\",\"entity_id\":\"entity\",\"context\":{\"fizz\":\"buzz\"}}"));
  show("evaluate_batch", evaluate_batch(engine,
                                        "[{\"flag_key\":\"flag_boolean\",\"entity_id\":\"entity\",\"context\":{}},"
                                        "{\"flag_key\":\"no-such-flag\",\"entity_id\":\"entity\",\"context\":{}}]"));
  destroy_engine(engine);
  return 0;
}
