/** Who is calling and what that key may do: keys, rate limits, the answer to gateways. */
package io.outpost.auth;
