#include "file.h"

#include <stdlib.h>

enum status capture_file_open(struct capture_file *file, struct source *source, struct fault *fault)
{
    struct bytes head;
    *file = (struct capture_file){.last_seconds = INSTANT_NONE};
    const enum status status = source_peek(source, &head, fault);
    if (status < 0)
        return status;
    file->next = pcapng_recognises(head) ? pcapng_next : pcap_next;
    return window_open(&file->window, source, fault);
}

void capture_file_close(struct capture_file *file, struct account *account)
{
    pcapng_close(file, account);
    window_close(&file->window);
    while (file->extras) {
        struct capture_extra *extra = file->extras;
        file->extras = (struct capture_extra *)(uintptr_t)extra->next;
        free(extra);
    }
}

enum status file_end(struct capture_file *file, struct account *account, struct fault *fault)
{
    const struct window *window = &file->window;
    const size_t left = window->end - window->at;
    if (window->status < 0) {
        if (fault)
            *fault = window->fault;
        return window->status;
    }
    if (window->status == STATUS_OK)
        return fault_set(fault, STATUS_MEMORY, window_offset(window), "no memory to read on");
    if (left) {
        account->damaged++;
        account->is_incomplete = true;
        account_note(account, "packet %llu at offset %llu: the file ends in the middle of it",
                     (unsigned long long)file->packets + 1,
                     (unsigned long long)window_offset(window));
    }
    return STATUS_END;
}

void file_damaged(const struct capture_file *file, struct account *account, const char *reason,
                  uint64_t offset)
{
    account->damaged++;
    account->is_incomplete = true;
    account_note(account, "packet %llu at offset %llu: %s; read on at offset %llu",
                 (unsigned long long)file->packets + 1, (unsigned long long)offset, reason,
                 (unsigned long long)window_offset(&file->window));
}
