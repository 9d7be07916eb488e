#include "cli/evidence_list.h"

#include <assert.h>
#include <stdlib.h>

static bool list_grow(struct evidence_list *list)
{
    if (list->count < list->room)
        return true;
    const uint32_t room = list->room ? list->room * 2 : 64;
    struct report_evidence *items = realloc(list->items, room * sizeof(*items));
    if (items)
        list->items = items;
    struct account *accounts = realloc(list->accounts, room * sizeof(*accounts));
    if (accounts)
        list->accounts = accounts;
    if (!items || !accounts)
        return false;
    list->room = room;
    return true;
}

enum status evidence_list_add(struct evidence_list *list, const struct pipeline_item *item,
                              struct fault *fault)
{
    assert(item->evidence == list->count);
    char *path = strdup(item->path), *hash = strdup(item->hash);
    if (!path || !hash || !list_grow(list)) {
        free(path);
        free(hash);
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for one more piece of evidence");
    }
    struct account *account = &list->accounts[list->count];
    account_init(account);
    account_join(account, item->account);
    list->items[list->count++] = (struct report_evidence){
        .path = path,
        .type = item->type,
        .bytes = item->bytes,
        .hash_name = *hash ? list->hash_name : NULL,
        .hash = hash,
    };
    return STATUS_OK;
}

void evidence_list_finish(struct evidence_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        list->items[i].account = &list->accounts[i];
}

void evidence_list_release(struct evidence_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        free((char *)(uintptr_t)list->items[i].path);
        free((char *)(uintptr_t)list->items[i].hash);
        account_release(&list->accounts[i]);
    }
    free(list->items);
    free(list->accounts);
    *list = (struct evidence_list){0};
}
