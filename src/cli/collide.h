/* SPDX-License-Identifier: Apache-2.0 */
/* What in an image would get in the way of the rules that cosima-boot loads, or would be ignored because of them. */
#ifndef CLI_COLLIDE_H
#define CLI_COLLIDE_H

#include "cli/cli.h"
#include "trust/policy.h"

#define COLLIDE_MAX 128

struct collide_finding {
        const char *code, *text;
        bool collides;   /* else it is said, and does no harm */
        const char *file; /* inside the image */
        unsigned line_no; /* 0: about the file as a whole */
};

struct collide {
        unsigned count;
        struct collide_finding findings[COLLIDE_MAX];
};

/* Look through the image whose top is open, for a policy; NULL: for any. */
void collide_find(int top, const struct policy *policy, struct collide *ret_collide);

/* Whether one of the findings does harm. */
bool collide_is_bad(const struct collide *collide);

#endif
