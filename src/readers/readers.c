#include "readers/readers.h"

/* In the order in which they are asked; carving takes what nobody else does. */
static const struct reader_format *const formats[] = {
    &reader_evtx, &reader_pcap, &reader_pcapng, &reader_xml, &reader_json, &reader_evtx_carve,
};

const struct reader_format *reader_find(struct bytes head, const struct reader_shared *shared)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (formats[i]->recognises(head, shared))
            return formats[i];
    return NULL;
}
