"""What local pages share, the studio's and the gateway's: who may ask, where they listen, their style."""
