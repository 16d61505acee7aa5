package io.outpost.http;

/** A text that counts the reads of its characters, which are the steps of a pattern. */
final class CountedText implements CharSequence {

  /**
   * An array, because it is read hundreds of millions of times, mostly by barely optimized code.
   */
  private final char[] text;

  private final long most;
  private long steps;

  /**
   * Counts up to a number of steps.
   *
   * @param most when it throws {@link TooMany}, so that a bad pattern does not run for minutes
   */
  CountedText(String text, long most) {
    this.text = text.toCharArray();
    this.most = most;
  }

  /** The pattern took too many steps. */
  static final class TooMany extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @Override
  public char charAt(int index) {
    if (++steps > most) {
      throw new TooMany();
    }
    return text[index];
  }

  @Override
  public int length() {
    return text.length;
  }

  @Override
  public CharSequence subSequence(int start, int end) {
    return new String(text, start, end - start);
  }

  @Override
  public String toString() {
    return new String(text);
  }
}
