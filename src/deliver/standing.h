/*
 * Standing: what a reply means for the backend that gave it.
 *
 * Thread: the sender.
 */
#ifndef TAPFERRY_DELIVER_STANDING_H
#define TAPFERRY_DELIVER_STANDING_H

#include "deliver/parcel.h"

/* Nothing is wrong with the backend; standing_pause() included. */
void standing_up(struct sender *s, const struct outcome *o);

/* With a reply that is no failure, it asked for nothing for a while
 * (Retry-After), if it did. */
void standing_pause(const struct outcome *o);

/* It failed: others first, then it again after a pause. */
void standing_down(struct sender *s, const struct outcome *o);

/* It takes nothing until somebody mends it: tried again slowly. */
void standing_held(struct sender *s, const struct outcome *o);

#endif
