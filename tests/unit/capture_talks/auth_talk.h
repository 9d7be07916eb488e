/* Talks of security tokens by themselves: each record of a talk (../capture_smb/lab.h) is one. */
#ifndef IMPOUND_TESTS_CAPTURE_TALKS_AUTH_TALK_H
#define IMPOUND_TESTS_CAPTURE_TALKS_AUTH_TALK_H

#include "readers/capture/wire.h"

extern const struct wire_protocol auth_talk;

#endif
