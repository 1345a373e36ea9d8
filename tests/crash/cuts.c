/* SPDX-License-Identifier: Apache-2.0 */
#include "cuts.h"

#include "verdict.h"

void survivor_put(const struct survivor *survivor, const struct image *image) {
  image_store(image, survivor->path);
  pretend_boot(next_random(survivor->random));
}

unsigned long survivor_cut_recovery(const struct survivor *survivor, const struct image *image) {
  MDBX_env *env;
  unsigned long images = 0;
  image_store(image, survivor->path);
  struct recorder *recorder = recorder_start(survivor->path, survivor->page_size, false);
  pretend_boot(next_random(survivor->random));
  MUST(survivor->open(survivor->context, &env));
  recorder_stop(recorder);
  MUST(mdbx_env_close_ex(env, true));
  for (size_t at = 0; at <= recorder->count; ++at)
    for (enum cut_style style = CUT_NOTHING; style < CUT_STYLES; ++style) {
      struct image second;
      recorder_image(recorder, image, at, style, survivor->random, &second);
      survivor->judge(survivor->context, &second);
      image_free(&second);
      images += 1;
    }
  recorder_free(recorder);
  return images;
}
