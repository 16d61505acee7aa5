package io.outpost.kernel;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A page of a list, newest first. On the last page {@code nextCursor} is null. */
public record Page<T>(List<T> data, @Nullable String nextCursor) {}
