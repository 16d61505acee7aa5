/** The steps of keeping a tenant's provider keys in Secrets Manager. */
package io.outpost.secrets;
