/** Where orders can be placed and the gateway be switched. */
export interface ShopAddresses {
  urls: Readonly<Record<string, string>>
  gatewayUrl: string | undefined
}
