/* Names of numbers, from data/: NTSTATUS ([MS-ERREF] 2.3.1) and control codes ([MS-FSCC] 2.3). */
#ifndef IMPOUND_READERS_CAPTURE_CODES_H
#define IMPOUND_READERS_CAPTURE_CODES_H

#include <stdint.h>

/* A constant, or NULL. */
const char *ntstatus_name(uint32_t status);
const char *fsctl_name(uint32_t code);

#endif
