#include "reports/html/graph.h"

#include "reports/escape.h"
#include "reports/html/html.h"

#define NODE_WIDTH    190U
#define NODE_HEIGHT   34U
#define COLUMN_WIDTH  330U
#define ROW_HEIGHT    66U
#define MARGIN        20U
#define NAME_COLUMNS  24
#define LABEL_COLUMNS 18
#define NONE          UINT32_MAX

void graph_init(struct graph *graph)
{
    memset(graph, 0, sizeof(*graph));
    arena_init(&graph->texts, (size_t)1 << 20);
}

void graph_release(struct graph *graph)
{
    arena_release(&graph->texts);
}

static uint32_t node_find(const struct graph *graph, struct bytes name)
{
    for (uint32_t i = 0; i < graph->node_count; i++)
        if (bytes_equal(graph->nodes[i].name, name))
            return i;
    return NONE;
}

static uint32_t node_add(struct graph *graph, struct bytes name, uint32_t column)
{
    const struct bytes kept = arena_keep(&graph->texts, name);
    if (graph->node_count == GRAPH_NODES_MAX || (name.length && !kept.data))
        return NONE;
    graph->nodes[graph->node_count] =
        (struct graph_node){.name = kept, .column = column, .row = graph->rows[column]++};
    return graph->node_count++;
}

static struct graph_edge *edge_of(struct graph *graph, uint32_t from, uint32_t to)
{
    for (uint32_t i = 0; i < graph->edge_count; i++)
        if (graph->edges[i].from == from && graph->edges[i].to == to)
            return &graph->edges[i];
    if (graph->edge_count == GRAPH_EDGES_MAX)
        return NULL;
    graph->edges[graph->edge_count] = (struct graph_edge){.from = from, .to = to};
    return &graph->edges[graph->edge_count++];
}

static struct graph_edge *step_edge(struct graph *graph, const struct case_step *step)
{
    uint32_t from = node_find(graph, step->source);
    if (from == NONE)
        from = node_add(graph, step->source, 0);
    if (from == NONE)
        return NULL;
    uint32_t to = node_find(graph, step->target);
    if (to == NONE)
        to = node_add(graph, step->target, graph->nodes[from].column + 1);
    return to == NONE ? NULL : edge_of(graph, from, to);
}

void graph_add(struct graph *graph, const struct case_record *record,
               const struct ledger_verdict *verdict)
{
    for (uint32_t i = 0; i < record->step_count; i++) {
        const struct case_step *step = &record->steps[i];
        struct graph_edge *edge = step_edge(graph, step);
        if (!edge) {
            graph->left_out++;
            continue;
        }
        if (!edge->steps)
            edge->tool = arena_keep(&graph->texts, step->tool);
        edge->has_more_tools |= !bytes_equal(edge->tool, step->tool);
        if (verdict->steps[i].standing > edge->standing)
            edge->standing = verdict->steps[i].standing;
        edge->steps++;
    }
}

/* --- Drawing --- */

static struct bytes name_of(struct bytes name)
{
    return name.length ? name : bytes_of_text("unknown");
}

static void short_text(struct buffer *to, struct bytes text, size_t columns)
{
    struct buffer plain = {0};
    struct cell cell = cell_begin(&plain, columns);
    cell_text(&cell, text);
    html_text(to, buffer_view(&plain));
    to->failed |= plain.failed;
    buffer_release(&plain);
}

static uint32_t left_of(const struct graph_node *node)
{
    return MARGIN + node->column * COLUMN_WIDTH;
}

static uint32_t middle_of(const struct graph_node *node)
{
    return MARGIN + node->row * ROW_HEIGHT + NODE_HEIGHT / 2;
}

static void node_write(struct buffer *to, const struct graph_node *node)
{
    buffer_format(to, "<g class=\"node\"><title>");
    html_text(to, name_of(node->name));
    buffer_format(to, "</title><rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"6\"/>",
                  left_of(node), middle_of(node) - NODE_HEIGHT / 2, NODE_WIDTH, NODE_HEIGHT);
    buffer_format(to, "<text x=\"%u\" y=\"%u\" text-anchor=\"middle\">",
                  left_of(node) + NODE_WIDTH / 2, middle_of(node) + 5);
    short_text(to, name_of(node->name), NAME_COLUMNS);
    buffer_text(to, "</text></g>\n");
}

/* To the right from side to side; else around, by the right sides of both. */
static void edge_path(struct buffer *to, const struct graph_node *from,
                      const struct graph_node *target)
{
    const bool is_forward = target->column > from->column;
    const uint32_t x1 = left_of(from) + NODE_WIDTH;
    const uint32_t x2 = left_of(target) + (is_forward ? 0 : NODE_WIDTH);
    const uint32_t bend = is_forward ? (x2 - x1) / 2 : 70;
    buffer_format(to, "<path d=\"M%u %u C%u %u %u %u %u %u\" marker-end=\"url(#arrow)\"/>", x1,
                  middle_of(from), x1 + bend, middle_of(from), is_forward ? x2 - bend : x2 + bend,
                  middle_of(target), x2, middle_of(target));
}

/* Near the target, where edges of one source have parted. */
static void edge_label(struct buffer *to, const struct graph_edge *edge,
                       const struct graph_node *target, bool is_forward)
{
    const uint32_t x = left_of(target);
    buffer_format(to, "<text x=\"%u\" y=\"%u\"%s>", is_forward ? x - 14 : x + NODE_WIDTH + 14,
                  middle_of(target) - 7, is_forward ? " text-anchor=\"end\"" : "");
    short_text(to, edge->tool, LABEL_COLUMNS);
    buffer_text(to, edge->has_more_tools ? " …" : "");
    if (edge->steps > 1)
        buffer_format(to, " ×%llu", (unsigned long long)edge->steps);
    buffer_text(to, "</text>");
}

static void edge_write(struct buffer *to, const struct graph *graph, const struct graph_edge *edge)
{
    const struct graph_node *from = &graph->nodes[edge->from], *target = &graph->nodes[edge->to];
    buffer_format(to, "<g class=\"edge %s\"><title>", html_verdict_class(edge->standing));
    html_text(to, name_of(from->name));
    buffer_text(to, " to ");
    html_text(to, name_of(target->name));
    buffer_format(to, ": %llu step%s, ", (unsigned long long)edge->steps,
                  edge->steps == 1 ? "" : "s");
    html_text(to, edge->tool);
    buffer_format(to, "%s; %s</title>", edge->has_more_tools ? " and others" : "",
                  ledger_status(edge->standing));
    edge_path(to, from, target);
    edge_label(to, edge, target, target->column > from->column);
    buffer_text(to, "</g>\n");
}

void graph_write(const struct graph *graph, struct buffer *to)
{
    uint32_t columns = 0, rows = 0;
    if (!graph->edge_count)
        return;
    for (uint32_t i = 0; i < GRAPH_NODES_MAX && graph->rows[i]; i++) {
        columns = i + 1;
        rows = graph->rows[i] > rows ? graph->rows[i] : rows;
    }
    const uint32_t width = 2 * MARGIN + columns * COLUMN_WIDTH;
    const uint32_t height = MARGIN + rows * ROW_HEIGHT;
    buffer_format(to,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" role=\"img\" "
                  "aria-label=\"Movement between %u hosts\" viewBox=\"0 0 %u %u\" width=\"%u\" "
                  "height=\"%u\">\n",
                  graph->node_count, width, height, width, height);
    buffer_text(to, "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" "
                    "markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">"
                    "<path class=\"head\" d=\"M0 0L8 4L0 8z\"/></marker></defs>\n");
    for (uint32_t i = 0; i < graph->edge_count; i++)
        edge_write(to, graph, &graph->edges[i]);
    for (uint32_t i = 0; i < graph->node_count; i++)
        node_write(to, &graph->nodes[i]);
    buffer_text(to, "</svg>\n");
}
