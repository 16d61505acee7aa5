"""Draws a run of the simulation as SVG: jobs above, workers below, over the same hours."""

WIDTH, LEFT, RIGHT = 960, 56, 16
PANELS = [
    ("Jobs", [("waiting", 1, "#c2410c"), ("running", 2, "#1d4ed8")]),
    ("Workers", [("asked for", 3, "#6b7280"), ("running", 4, "#15803d")]),
]
HEIGHT, GAP, TOP = 190, 46, 34


def draw(trace):
    """An SVG of a trace: (second, jobs waiting, jobs running, workers asked for, workers running), in order."""
    end = trace[-1][0]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {TOP + 2 * (HEIGHT + GAP)}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for number, (title, lines) in enumerate(PANELS):
        parts += panel(trace, end, title, lines, TOP + number * (HEIGHT + GAP))
    return "\n".join([*parts, "</svg>", ""])


def panel(trace, end, title, lines, top):
    highest = max(row[column] for row in trace for _, column, _ in lines)
    step = next(step for step in [10, 20, 50, 100, 200, 500] if highest / step <= 6)
    ceiling = step * -(-highest // step)

    def x(second):
        return LEFT + (WIDTH - LEFT - RIGHT) * second / end

    def y(value):
        return top + HEIGHT * (1 - value / ceiling)

    yield f'<text x="{LEFT}" y="{top - 12}" font-weight="bold">{title}</text>'
    for value in range(0, ceiling + 1, step):
        yield f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}" stroke="#e5e7eb"/>'
        yield f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end" fill="#374151">{value}</text>'
    for minute in range(0, end // 60 + 1, 30):
        yield f'<text x="{x(minute * 60):.1f}" y="{top + HEIGHT + 16}" text-anchor="middle" fill="#374151">{minute} min</text>'
    for number, (label, column, colour) in enumerate(lines):
        # Sizes change at once, so lines are steps.
        path = f"M{x(0):.1f} {y(trace[0][column]):.1f}"
        last = trace[0][column]
        for row in trace[1:]:
            if row[column] != last:
                last = row[column]
                path += f"H{x(row[0]):.1f}V{y(last):.1f}"
        yield f'<path d="{path}H{x(end):.1f}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        yield f'<text x="{LEFT + 90 + 100 * number}" y="{top - 12}" fill="{colour}">{label}</text>'
