package io.outpost.http;

/** What a folder adds to the contract cannot be served; the message names file and line. */
public final class ContractRefused extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  private final int line;
  private final String fault;

  ContractRefused(int line, String fault) {
    super(ContractFile.ADDITION + ":" + line + ": " + fault);
    this.line = line;
    this.fault = fault;
  }

  /** The line of the file; the first is 1. */
  public int line() {
    return line;
  }

  /** What is wrong there. */
  public String fault() {
    return fault;
  }
}
