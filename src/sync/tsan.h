/*
 * Tsan: order that ThreadSanitizer cannot see by itself.
 *
 * Concurrency Kit and liburcu order memory with inline assembly, which the
 * sanitizer does not read.  The wrappers in sync/ say what those guarantee;
 * no other room may use this file.
 */
#ifndef TAPFERRY_SYNC_TSAN_H
#define TAPFERRY_SYNC_TSAN_H

#if defined(__SANITIZE_THREAD__)
#define TAPFERRY_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TAPFERRY_TSAN 1
#endif
#endif

#ifdef TAPFERRY_TSAN
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
#define tsan_acquire(addr) __tsan_acquire((void *)(addr))
#define tsan_release(addr) __tsan_release((void *)(addr))
#else
#define tsan_acquire(addr) ((void)(addr))
#define tsan_release(addr) ((void)(addr))
#endif

#endif
