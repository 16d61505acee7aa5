package io.outpost.kernel;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A page of a list, newest first; {@code nextCursor} is null on the last one. */
public record Page<T>(List<T> data, @Nullable String nextCursor) {}
