/* What a decoder and its events are made of, for this room only. */
#ifndef IMPOUND_LIBRARY_DECODER_H
#define IMPOUND_LIBRARY_DECODER_H

#include "readers/capture/capture.h"

#include <impound/impound.h>

/* The event that is being told: one in each decoder. */
struct impound_event {
    const struct event *event;
    const struct capture_tap *tap;
    struct names *fields;
    const char *source;
    char flow[FLOW_TEXT_BOUND];
    struct arena arena; /* texts that were asked for; reset with each event */
    struct buffer json; /* made when it is asked for */
};

static inline struct impound_time time_given(struct instant time)
{
    if (!instant_is_known(time))
        return (struct impound_time){0};
    return (struct impound_time){
        .seconds = time.seconds, .nanoseconds = time.nanos, .digits = time.digits};
}

#endif
