/* What the EVTX targets share: the tables of a process, and a look at every form of an event. */
#ifndef IMPOUND_FUZZ_EVTX_LAB_H
#define IMPOUND_FUZZ_EVTX_LAB_H

#include "readers/readers.h"

/* Makes the tables; aborts without memory. */
void lab_open(struct reader_shared *shared);
void lab_close(struct reader_shared *shared);

/* Renders every field, as rules and outputs do. */
void lab_event_look(const struct event *event);

/* Aborts unless `text` is one JSON value in one line, without control characters. */
void lab_json_check(struct bytes text);

/* Aborts unless the elements of `text` are closed as they were opened, in one line. */
void lab_xml_check(struct bytes text);

#endif
