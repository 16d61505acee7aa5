/** Who is calling and what that key may do: keys, rate limits, the answer to gateways. */
@NullMarked
package io.outpost.auth;

import org.jspecify.annotations.NullMarked;
