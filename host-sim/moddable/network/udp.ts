/** `embedded:io/socket/udp`, as far as it is handed to the resolver: the simulated resolver asks the parent itself. */
class UDP {
  constructor() {
    throw new Error('the simulator has no UDP sockets');
  }
}

export default UDP;
