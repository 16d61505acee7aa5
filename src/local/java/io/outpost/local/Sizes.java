package io.outpost.local;

/**
 * The sizes of tests: large enough to show a fault or, with Maven's profile {@code deep}, as large
 * as the promises.
 */
public final class Sizes {

  private static final boolean DEEP = Boolean.getBoolean("outpost.deep");

  private Sizes() {}

  /** The size {@code usual}, or {@code deep} with the profile {@code deep}. */
  public static int of(int usual, int deep) {
    return DEEP ? deep : usual;
  }
}
