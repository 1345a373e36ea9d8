/* SPDX-License-Identifier: Apache-2.0 */
/* Stories: short sequences of orders in which a mistake of the commit protocol would matter. For the numbers see doc/commit.md. */
#include "life.h"

const struct story stories[] = {
    /* A writer dies between its STEADY meta and the flush of that: the commit that was believable before is pinned no more (C9). */
    {"a large commit over a believable one", "NW!DWWW", 512, 0, 4},
    {"a large commit on a believable one", "WN!DWWW", 512, 0, 4},
    {"a NOMETASYNC commit on a believable one", "N!NWWNW", 512, MDBX_LIFORECLAIM, 4},
    /* The same, and the flush that shall make it durable fails: it never happened, and must not come back. */
    {"a large commit that nobody can make durable", "NW*DWWWW", 512, 0, 4},
    {"a NOMETASYNC commit that nobody can make durable", "DN*NWWNW", 512, 0, 4},
    {"a commit that nobody can make durable", "DD*DDDD", 4096, 0, 1},
    {"a weak commit whose meta is torn, and a flush fails", "WWWWDD*WDWWW", 4096, 0, 1},
    {"commits that wait, and their heir fails", "DDTT*TTWTTD", 4096, 0, 1},
    /* A flush that dies between the STEADY mark and its own flush (C19). */
    {"a flush of a weak head", "NW!LWWW", 512, 0, 4},
    {"a steady point beside the writer", "WW!SWWW", 512, 0, 4},
    /* Of a meta that is copied the header may be there alone (C20). Which slot that is depends on the commits before. */
    {"a weak commit whose meta is torn", "WWWWD!WDWWW", 4096, 0, 1},
    {"a weak commit whose meta is torn, one later", "WWWWDD!WDWWW", 4096, 0, 1},
    {"a weak commit whose meta is torn, two later", "WWWWDDD!WDWWW", 4096, 0, 1},
    {"a weak commit on a weak one, writemap", "WWWW!WWNW", 512, MDBX_WRITEMAP, 4},
    /* Each page of the file is one step of growth. Metas of pending commits are written over (C4, C16). */
    {"commits that wait", "DDTT!TTWTTD", 4096, 0, 1},
    {"commits that wait and fail", "TT?SWWTTW", 512, 0, 4},
    {"a durable commit that fails", "NW?DWWD", 512, 0, 4},
    {"UTTERLY_NOSYNC, and back", "DW!UWWNW", 512, 0, 4},
    {"a defragmentation", "DW!GWWW", 512, 0, 40},
};

const unsigned story_count = sizeof(stories) / sizeof(stories[0]);
