package io.outpost.local;

/** How large tests are: as shows a fault, or, with Maven's profile {@code deep}, as is promised. */
public final class Sizes {

  private static final boolean DEEP = Boolean.getBoolean("outpost.deep");

  private Sizes() {}

  /** The size that every verification has, or the one of the profile {@code deep}. */
  public static int of(int usual, int deep) {
    return DEEP ? deep : usual;
  }
}
