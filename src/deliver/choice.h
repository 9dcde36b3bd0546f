/*
 * Choice: a place at a backend for one request.
 *
 * Thread: the sender, outside any RCU read section.
 */
#ifndef TAPFERRY_DELIVER_CHOICE_H
#define TAPFERRY_DELIVER_CHOICE_H

#include "deliver/parcel.h"

/*
 * choice_make() - choose a backend, waiting until one is usable
 * @o:  its backend, with a reference and a place, and entered_ns are written
 *
 * While draining each sender tries now and then whatever was agreed before:
 * there may be no other chance.
 * Return: false: leave.
 */
bool choice_make(struct sender *s, struct outcome *o);

/* The request is over: gives place and reference back. */
void choice_end(struct sender *s, struct outcome *o);

#endif
