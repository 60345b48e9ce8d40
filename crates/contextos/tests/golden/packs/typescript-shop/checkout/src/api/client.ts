export interface Address {
  street: string;
  city: string;
  country: string;
}

export interface Customer {
  id: string;
  name: string;
  /** Missing until the first order. */
  address?: Address;
}

/** Calls the shop's API. */
export class Client {
  constructor(private readonly base: string) {}

  async customer(id: string): Promise<Customer> {
    return this.get(`/customers/${encodeURIComponent(id)}`);
  }

  async saveAddress(id: string, address: Address): Promise<void> {
    await fetch(`${this.base}/customers/${encodeURIComponent(id)}/address`, {
      method: "PUT",
      body: JSON.stringify(address),
    });
  }

  private async get<T>(path: string): Promise<T> {
    const response = await fetch(this.base + path);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response.json() as Promise<T>;
  }
}
